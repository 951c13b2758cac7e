"""Made by `make generate` from kvlint/knowledge/data/inputs.yaml; do not edit."""

INPUTS: tuple[tuple[str, str, str, str, bool, str], ...] = (
    ('capacity', 'either', '', '[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?', False, 'Size written into PersistentVolume and claim of a volume whose manifest names none. It only decides which claims match; it never resizes the storage.'),
    ('namespace', 'all', '', '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?', False, 'Namespace of objects whose manifest names none. `--namespace` comes first.'),
    ('ceph.cluster-id', 'all', '', '\\S{1,36}', False, 'The clusterID under which ceph-csi knows the Ceph cluster (ConfigMap ceph-csi-config); by convention the output of `ceph fsid`. With Rook: the namespace of the CephCluster.'),
    ('ceph.user-secret', 'either', 'Ceph user', '[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?', False, 'Name of a Secret with the keys userID and userKey, which ceph-csi reads. The in-tree Secret (key `key`) does not serve. A map is by Ceph user.'),
    ('ceph.secret-namespace', 'all', '', '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?', True, 'Namespace of that Secret; by default the namespace of the workload or of the old Secret.'),
    ('ceph.fs-name', 'all', '', '\\S+', True, 'Name of the CephFS file system; needed for classes, and for volumes when the cluster has more than one.'),
    ('ceph.rbd-driver', 'all', '', '[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?', True, "Name under which ceph-csi's RBD driver is registered, if not rbd.csi.ceph.com. Rook puts its namespace before it (rook-ceph.rbd.csi.ceph.com)."),
    ('ceph.cephfs-driver', 'all', '', '[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?', True, "Name under which ceph-csi's CephFS driver is registered, if not cephfs.csi.ceph.com. Rook puts its namespace before it (rook-ceph.cephfs.csi.ceph.com)."),
    ('gce.project', 'all', '', '[a-z0-9.:-]+', True, 'Google Cloud project of the disks. Without it the handle says UNSPECIFIED and the driver assumes its own project.'),
    ('gce.zone', 'either', '', '[a-z]+-[a-z]+[0-9]+-[a-z]', True, 'Zone of a disk whose manifest names none. Without it the driver searches the zones of its own region.'),
    ('azure.account', 'either', 'Secret name', '[a-z0-9]{3,24}', True, 'Storage account of an Azure Files share. Without it the name is read from Secrets called azure-storage-account-<account>-secret and left to the driver otherwise. A map is by Secret name.'),
    ('vsphere.fcd-id', 'each', '', '[0-9a-fA-F-]{36}', False, 'Id of the First Class Disk that a VMDK was registered as (`govc disk.register`). The vSphere driver takes no VMDK path.'),
    ('vsphere.datastore-url', 'either', 'datastore name', 'ds:///vmfs/volumes/\\S+/', False, 'URL of the datastore that a class names (`govc datastore.info`). A map is by datastore name.'),
    ('vsphere.storage-policy', 'either', 'class name', '\\S.*', False, 'Name of the SPBM storage policy that stands for the vSAN parameters of a class. A map is by class name.'),
    ('vsphere.zone-key', 'all', '', '[A-Za-z0-9./-]+', True, 'Topology key that the vSphere driver reports for zones; by default topology.csi.vmware.com/k8s-zone. It ends in the vCenter tag category.'),
    ('vsphere.region-key', 'all', '', '[A-Za-z0-9./-]+', True, 'Topology key that the vSphere driver reports for regions; by default topology.csi.vmware.com/k8s-region. It ends in the vCenter tag category.'),
)
