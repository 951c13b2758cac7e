"""Facts about Kubernetes storage: typed, frozen tables, compiled from the reviewed YAML files in `data/`."""
