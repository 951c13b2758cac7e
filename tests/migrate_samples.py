"""A small repository of old storage, for tests of `kvlint migrate`: every shape that a runbook treats differently."""

from pathlib import Path

FILES = {
    "web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: registry.example.com/web, volumeMounts: [{name: media, mountPath: /media}]}]
      volumes:
      - name: media
        nfs: {server: 192.0.2.7, path: /exports/media}
""",
    "media.yaml": """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: thumbnails, namespace: shop}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: job, image: registry.example.com/job}]
          volumes:
          - name: pictures
            nfs: {server: 192.0.2.7, path: /exports/media, readOnly: true}
---
apiVersion: v1
kind: Pod
metadata: {name: viewer, namespace: press}
spec:
  containers: [{name: viewer, image: registry.example.com/viewer}]
  volumes:
  - name: media
    nfs: {server: 192.0.2.7, path: /exports/media}
""",
    "search.yaml": """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: search, namespace: shop}
spec:
  serviceName: search
  selector: {matchLabels: {app: search}}
  template:
    metadata: {labels: {app: search}}
    spec:
      containers: [{name: search, image: registry.example.com/search}]
      volumes:
      - name: index
        awsElasticBlockStore: {volumeID: vol-0a1b2c3d, fsType: ext4}
""",
    "db.yaml": """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: db-0}
spec:
  capacity: {storage: 20Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Delete
  storageClassName: manual
  claimRef: {namespace: shop, name: data-db-0}
  rbd: {monitors: [192.0.2.11:6789], pool: kube, image: db-0, user: kube, secretRef: {name: ceph, namespace: ceph}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: registry.example.com/db, volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: manual, resources: {requests: {storage: 20Gi}}}
""",
    "mail.yaml": """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: mail, labels: {topology.kubernetes.io/zone: eu-central-1a}}
spec:
  capacity: {storage: 5Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Delete
  storageClassName: gp2
  claimRef: {namespace: mail, name: mail, uid: 0f0e0d0c-0b0a-0908-0706-050403020100}
  awsElasticBlockStore: {volumeID: aws://eu-central-1a/vol-0f0e0d0c, fsType: ext4}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: mail
  namespace: mail
  labels: {team: office}
  annotations: {pv.kubernetes.io/bind-completed: "yes", office.example.com/owner: jo}
spec: {accessModes: [ReadWriteOnce], storageClassName: gp2, volumeName: mail, resources: {requests: {storage: 5Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: mail, namespace: mail}
spec:
  selector: {matchLabels: {app: mail}}
  template:
    metadata: {labels: {app: mail}}
    spec:
      containers: [{name: mail, image: registry.example.com/mail, volumeMounts: [{name: mail, mountPath: /mail}]}]
      volumes: [{name: mail, persistentVolumeClaim: {claimName: mail}}]
""",
    "class.yaml": """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: gp2
  annotations: {storageclass.beta.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/aws-ebs
parameters: {type: gp2, fsType: ext4}
""",
    "flex.yaml": """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: files}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteMany]
  persistentVolumeReclaimPolicy: Retain
  flexVolume:
    driver: fstab/cifs
    secretRef: {name: login, namespace: shop}
    options: {networkPath: //files.example.com/share, mountOptions: "dir_mode=0755"}
""",
    "old.yaml": """\
apiVersion: v1
kind: Pod
metadata: {name: gluster, namespace: shop}
spec:
  containers: [{name: a, image: registry.example.com/a}]
  volumes: [{name: data, glusterfs: {endpoints: gluster, path: vol}}]
---
apiVersion: v1
kind: Pod
metadata: {name: left, namespace: shop, annotations: {kvlint/ignore.intree-volume: it goes with the cluster}}
spec:
  containers: [{name: a, image: registry.example.com/a}]
  volumes:
  # kvlint: ignore[inline-network-volume] it goes with the cluster
  - {name: data, quobyte: {registry: "192.0.2.5:7861", volume: vol}}
""",
}

CONFIGURATION = """\
platforms: [eks]
migrate:
  ceph:
    cluster-id: b9127830-b0cc-4e34-aa47-9d1a2e9949a8
    user-secret: {kube: csi-rbd-kube}
  capacity: 10Gi
"""


def repository(folder: Path, *, configured: bool = True) -> Path:
    """Write the sample repository into `folder`."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    if configured:
        (folder / ".kvlint.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return folder
