"""The inputs of a run beside the cluster: files, and what helm and kustomize render."""
