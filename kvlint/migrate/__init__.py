"""The way of a volume, PersistentVolume or StorageClass to CSI: one module per in-tree plugin or driver family."""
