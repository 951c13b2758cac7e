"""The knowledge tables: looked up as Kubernetes compares names, consistent with each other and with the API."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kvlint.knowledge import (
    access_modes,
    api_lifecycle,
    csi_drivers,
    driver_setup,
    flexvolume_drivers,
    markers,
    platform_classes,
    provisioners,
    secret_references,
    volume_plugins,
)
from kvlint.knowledge.version import AS_OF, NEWEST, OLDEST, format_version, parse_version

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "kvlint/knowledge/data"
TABLES = (
    "access_modes",
    "api_lifecycle",
    "csi_drivers",
    "driver_setup",
    "flexvolume_drivers",
    "markers",
    "platform_classes",
    "provisioners",
    "secret_references",
    "volume_plugins",
)
PLUGINS = volume_plugins.PLUGINS


def load(name: str) -> Any:
    return YAML(typ="safe").load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


def sourced(name: str) -> Iterator[dict[str, Any]]:
    """The rows of a table that state facts."""
    for key, rows in load(name).items():
        if key not in ("platforms", "csi_parameters"):
            yield from rows


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def every_row() -> list[tuple[Any, ...]]:
    """Every typed row of every table."""
    drivers = [access_modes.of_driver(row["name"]) for row in load("access_modes")["drivers"]]
    sources = [access_modes.of_source(row["name"]) for row in load("access_modes")["sources"]]
    return [
        *PLUGINS.values(),
        *flexvolume_drivers.every(),
        *provisioners.every(),
        *csi_drivers.every(),
        *driver_setup.every(),
        *secret_references.every(),
        *(api for key in api_lifecycle.kinds() if (api := api_lifecycle.find(*key)) is not None),
        *(marker for table in MARKERS for marker in table.values()),
        *platform_classes.classes(platform_classes.platforms()),
        *platform_classes.platforms().values(),
        *(row for row in (*drivers, *sources) if row is not None),
    ]


MARKERS = (markers.ANNOTATIONS, markers.LABELS, markers.FINALIZERS, markers.FIELDS, markers.PARAMETERS)


# Versions


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.31", (1, 31)),
        ("v1.31", (1, 31)),
        ("v1.31.2", (1, 31)),
        ("1.31.2-gke.1", (1, 31)),
        ("v1.33.1-eks-4096722", (1, 33)),
        ("v1.30.4+k3s1", (1, 30)),
        ("1.27+", (1, 27)),
        (" 1.9 ", (1, 9)),
    ],
)
def test_versions_are_read_as_clusters_write_them(text: str, version: tuple[int, int]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    "text", ["", "1", "1.", "one.two", "1.31abc", "0.9", "1.31.x", "1.31 or so", "\u0661.\u0663\u0661", "1.31\n2"]
)
def test_other_texts_are_no_versions(text: str) -> None:
    with pytest.raises(ValueError, match="not a Kubernetes version"):
        parse_version(text)


@given(st.tuples(st.integers(1, 99), st.integers(0, 999)))
def test_versions_are_written_as_they_are_read(version: tuple[int, int]) -> None:
    assert parse_version(format_version(version)) == version


def test_known_versions_are_in_order() -> None:
    assert OLDEST < NEWEST
    assert date.fromisoformat(AS_OF) >= max(
        date.fromisoformat(row["checked"]) for name in TABLES for row in sourced(name)
    )


# Rows


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source(name: str) -> None:
    rows = list(sourced(name))
    assert rows
    for row in rows:
        assert row["source"], row
        assert all(text.strip() for text in row["source"]), row


@pytest.mark.parametrize("name", TABLES)
def test_urls_can_be_opened(name: str) -> None:
    for text in strings(load(name)):
        if "://" in text and " " not in text and not text.endswith(".*"):  # a pattern of volume handles is no page
            parts = urlsplit(text)
            assert parts.scheme == "https", text
            assert "." in parts.netloc, text


@pytest.mark.parametrize("name", TABLES)
def test_texts_are_one_line_of_plain_words(name: str) -> None:
    for text in strings(load(name)):
        assert text == " ".join(text.split()), text
        assert " " not in text or not re.search(r"\b(TODO|FIXME|unverified|translation\.md)\b", text), text


def test_fields_follow_the_order_of_the_schemas() -> None:
    shapes: dict[str, dict[str, Any]] = {
        "volume_plugins": {"rows": volume_plugins.VolumePlugin},
        "flexvolume_drivers": {"rows": flexvolume_drivers.FlexDriver},
        "provisioners": {"rows": provisioners.Provisioner},
        "csi_drivers": {"rows": csi_drivers.CsiDriver},
        "driver_setup": {"rows": driver_setup.DriverSetup},
        "secret_references": {"rows": secret_references.SecretReference},
        "api_lifecycle": {"rows": api_lifecycle.Api},
        "markers": {"rows": markers.Marker},
        "platform_classes": {
            "platforms": platform_classes.Platform,
            "classes": platform_classes.PlatformClass,
        },
        "access_modes": {"drivers": access_modes.AccessModes, "sources": access_modes.AccessModes},
    }
    nested: dict[str, dict[str, Any]] = {
        "addons": {"driver_setup": driver_setup.Addon},
        "successors": {"volume_plugins": volume_plugins.Successor, "provisioners": provisioners.ProvisionerSuccessor},
        "credential_fields": {"volume_plugins": volume_plugins.Credential},
        "options": {"flexvolume_drivers": flexvolume_drivers.FlexOption},
        "secret_keys": {"flexvolume_drivers": flexvolume_drivers.SecretKey},
        "parameters": {"provisioners": provisioners.ProvisionerParameter},
    }
    common = YAML(typ="safe").load((ROOT / "tools/schemas/common.yaml").read_text(encoding="utf-8"))["$defs"]
    for table, lists in shapes.items():
        schema = YAML(typ="safe").load((ROOT / f"tools/schemas/{table}.yaml").read_text(encoding="utf-8"))
        definitions = {**common, **schema.get("$defs", {})}
        for key, row in lists.items():
            items = schema["properties"][key]["items"]
            properties = (
                definitions[items["$ref"].rpartition("/")[2]]["properties"] if "$ref" in items else items["properties"]
            )
            compiled = [name for name in properties if name not in ("source", "checked")]
            assert [{"except": "other_drivers"}.get(name, name) for name in compiled] == list(row._fields), table
            for name, types in nested.items():
                if table in types and name in properties:
                    inner = properties[name]["items"]
                    inner = definitions[inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner
                    assert list(inner["properties"]) == list(types[table]._fields), (table, name)


def test_nothing_can_be_changed() -> None:
    def frozen(value: Any) -> bool:
        if isinstance(value, tuple):
            return all(map(frozen, value))
        if isinstance(value, MappingProxyType):
            return all(map(frozen, value.values()))
        return value is None or isinstance(value, str | int)

    for row in every_row():
        assert frozen(row), row
    for table in (PLUGINS, *MARKERS, platform_classes.platforms(), platform_classes.shipped()):
        with pytest.raises(TypeError):
            table["new"] = None  # type: ignore[index]


# Patterns


def patterns() -> list[str]:
    rows = [row for name in TABLES for row in sourced(name)]
    return [text for row in rows for text in (row.get("pattern"), *row.get("images", ())) if text]


def test_patterns_stay_in_the_re2_subset() -> None:
    assert patterns()
    for text in patterns():
        re.compile(text)
        assert not re.search(r"\(\?[^:]|\\[1-9]|[*+?}][+]|\\[GKXRZz]", text), text


def test_patterns_do_not_swallow_other_names() -> None:
    for text in patterns():
        for other in ("", "kubernetes.io/aws-ebs", "ebs.csi.aws.com", "vendor/driver", "registry.k8s.io/pause"):
            assert not re.fullmatch(text, other), text


# Volume plugins


def test_lifecycle_dates_are_in_order() -> None:
    for plugin in PLUGINS.values():
        dates = (plugin.deprecated_in, plugin.redirected_in, plugin.migration_ga_in, plugin.removed_in)
        known = [version for version in dates if version is not None]
        assert known == sorted(known), plugin.field
        assert (plugin.redirected_in is not None) == (plugin.after_removal == volume_plugins.REDIRECTED), plugin.field
        assert (plugin.removed_in is None) == (plugin.after_removal == volume_plugins.STILL_IN_TREE), plugin.field


@pytest.mark.parametrize(
    ("field", "redirected", "removed"),
    [
        ("awsElasticBlockStore", (1, 23), (1, 27)),
        ("gcePersistentDisk", (1, 23), (1, 28)),
        ("azureDisk", (1, 23), (1, 27)),
        ("azureFile", (1, 24), (1, 30)),
        ("cinder", (1, 21), (1, 26)),
        ("vsphereVolume", (1, 25), (1, 30)),
        ("portworxVolume", (1, 31), (1, 36)),
        ("rbd", None, (1, 31)),
        ("cephfs", None, (1, 31)),
        ("gitRepo", None, (1, 33)),
        ("nfs", None, None),
        ("flexVolume", None, None),
    ],
)
def test_redirection_and_removal(
    field: str, redirected: tuple[int, int] | None, removed: tuple[int, int] | None
) -> None:
    assert (PLUGINS[field].redirected_in, PLUGINS[field].removed_in) == (redirected, removed)


def test_a_redirected_plugin_names_the_driver_it_is_redirected_to() -> None:
    for plugin in PLUGINS.values():
        if plugin.redirected_in is not None:
            assert plugin.successor is not None
            assert plugin.provisioners == (plugin.name,)


def schemas(version: tuple[int, int]) -> Path:
    folder = (
        Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{format_version(version)}.0-local"
    )
    assert folder.is_dir()
    return folder


@pytest.fixture(scope="module")
def definitions() -> dict[str, Any]:
    """The definitions of the API of the newest known Kubernetes."""
    text = (schemas(NEWEST) / "_definitions.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["$defs"]
    return found


@pytest.mark.parametrize(("holder", "place"), [("Volume", "pod_fields"), ("PersistentVolumeSpec", "pv_fields")])
def test_fields_are_those_of_the_api(definitions: dict[str, Any], holder: str, place: str) -> None:
    def reference(schema: dict[str, Any]) -> str:
        return str(schema.get("$ref", "")).rpartition("/")[2]

    core = "io.k8s.api.core.v1."
    sources = {
        field: definitions[reference(schema)]
        for field, schema in definitions[core + holder]["properties"].items()
        if reference(schema).endswith("Source")
    }
    assert set(sources) == {plugin.field for plugin in PLUGINS.values() if getattr(plugin, place)}
    for field, source in sources.items():
        expected = set()
        for name, schema in source["properties"].items():
            expected.add(name)
            if name.endswith("SecretRef") or name == "secretRef":
                inner = definitions[reference(schema)]["properties"]
                expected |= {f"{name}.{key}" for key in inner if key in ("name", "namespace")}
            elif name == "volumeClaimTemplate":
                expected |= {f"{name}.{key}" for key in definitions[reference(schema)]["properties"]}
        assert set(getattr(PLUGINS[field], place)) == expected, field


def test_places_follow_the_fields() -> None:
    for plugin in PLUGINS.values():
        assert plugin.in_pod == bool(plugin.pod_fields), plugin.field
        assert plugin.in_pv == bool(plugin.pv_fields), plugin.field
        fields = {*plugin.pod_fields, *plugin.pv_fields}
        named = (*plugin.identity_fields, *plugin.endpoint_fields, *plugin.api_defaults, *plugin.runtime_defaults)
        assert fields >= {*named, *(credential.name for credential in plugin.credential_fields)}, plugin.field


def test_inline_findings_are_network_volumes_of_pods() -> None:
    for plugin in PLUGINS.values():
        if plugin.inline_finding:
            assert plugin.network, plugin.field
            assert plugin.in_pod, plugin.field
    assert not any(PLUGINS[field].inline_finding for field in ("csi", "ephemeral", "gitRepo", "hostPath", "emptyDir"))


def test_identity_fields() -> None:
    exposed = {plugin.field: plugin.identity_fields for plugin in PLUGINS.values() if plugin.identity_fields}
    assert exposed == {"rbd": ("user", "keyring"), "cephfs": ("user", "secretFile"), "quobyte": ("user",)}


def test_provisioners_are_found_by_their_exact_name() -> None:
    found = volume_plugins.by_provisioner("kubernetes.io/aws-ebs")
    assert found is PLUGINS["awsElasticBlockStore"]
    for name in (
        "kubernetes.io/AWS-EBS",
        "kubernetes.io/no-provisioner",
        "kubernetes.io/cephfs",
        "ebs.csi.aws.com",
        "",
    ):
        assert volume_plugins.by_provisioner(name) is None


# FlexVolume drivers


@pytest.mark.parametrize(
    ("driver", "row"),
    [
        ("azure/blobfuse", "azure-blobfuse"),
        ("azure/cifs", "azure-smb"),
        ("microsoft.com/smb", "azure-smb"),
        ("rook.io/rook", "rook-ceph-block"),
        ("ceph.rook.io/storage-namespace", "rook-ceph-block"),
        ("cinder/flexvolume_driver", "cinder-flex"),
    ],
)
def test_flexvolume_drivers_are_found_by_name_and_pattern(driver: str, row: str) -> None:
    found = flexvolume_drivers.find(driver)
    assert found is not None
    assert found.id == row


@pytest.mark.parametrize("driver", ["Azure/blobfuse", "blobfuse", "azure~blobfuse", "rook.io/", "", "(none)"])
def test_other_flexvolume_drivers_are_unknown(driver: str) -> None:
    assert flexvolume_drivers.find(driver) is None


def test_rook_tells_images_from_file_systems() -> None:
    for driver in ("ceph.rook.io/rook", "ceph.rook.io/my-operator"):
        block = flexvolume_drivers.find(driver, "ext4", ["image", "pool"])
        by_type = flexvolume_drivers.find(driver, "ceph")
        by_option = flexvolume_drivers.find(driver, options=["FSName", "clusterNamespace"])
        assert block is not None
        assert block.mounts == "block"
        assert by_type is by_option
        assert by_type is not None
        assert by_type.mounts == "file"


def test_local_drivers() -> None:
    local = {driver for row in flexvolume_drivers.every() if row.local for driver in row.drivers}
    assert local >= {"kubernetes.io/lvm", "k8s/dummy", "k8s/dummy-attachable"}
    assert not local & {"azure/kv", "k8s/nfs", "ceph.rook.io/rook", "microsoft.com/smb"}


def test_a_driver_name_belongs_to_one_row() -> None:
    unconditional = [row for row in flexvolume_drivers.every() if not row.only_fs_type and not row.only_option]
    names = [driver for row in unconditional for driver in row.drivers]
    assert len(names) == len(set(names))
    for row in flexvolume_drivers.every():
        for driver in row.drivers:
            assert flexvolume_drivers.find(driver, row.only_fs_type) is row


def test_literal_credentials_of_flexvolume_options() -> None:
    found = {(row.id, o.key) for row in flexvolume_drivers.every() for o in row.options if o.credential == "literal"}
    assert found >= {
        ("alicloud-oss", "akSecret"),
        ("v3io", "accessKey"),
        ("maprfs", "ticket"),
        ("goofys", "secret-key"),
    }


def test_no_driver_is_offered_where_nothing_can_be_converted() -> None:
    for row in flexvolume_drivers.every():
        assert bool(row.successors) == (row.conversion != "none"), row.id
        assert row.advice, row.id


# Provisioners


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("ceph.com/rbd", "ceph.com/rbd"),
        ("cluster.local/nfs-client-provisioner", "cluster.local/nfs-client-provisioner"),
        ("cluster.local/backup-nfs-client-provisioner", "cluster.local/nfs-client-provisioner"),
        ("gluster.org/glusterblock-app-storage", "gluster.org/glusterblock"),
    ],
)
def test_retired_provisioners(name: str, row: str) -> None:
    found = provisioners.find(name)
    assert found is not None
    assert found.name == row
    assert found.retired


@pytest.mark.parametrize(
    "name",
    [
        "cluster.local/nfs-server",
        "cluster.local/my-nfs-subdir-external-provisioner",
        "rancher.io/local-path",
        "nfs",
        "",
    ],
)
def test_other_provisioners_are_not_retired(name: str) -> None:
    found = provisioners.find(name)
    assert found is None or not found.retired


@pytest.mark.parametrize(
    ("image", "row"),
    [
        ("quay.io/external_storage/efs-provisioner:latest", "example.com/aws-efs"),
        ("quay.io/external_storage/nfs-client-provisioner-arm:v3", "fuseim.pri/ifs"),
        ("quay.io/external_storage/rbd-provisioner", "ceph.com/rbd"),
        (f"quay.io/external_storage/cephfs-provisioner@sha256:{'0' * 64}", "ceph.com/cephfs"),
        ("quay.io/external_storage/snapshot-controller:v1", "volumesnapshot.external-storage.k8s.io/snapshot-promoter"),
        ("docker.io/rook/nfs:v1.7", "nfs.rook.io/rook-nfs-provisioner"),
        ("openebs/openebs-k8s-provisioner:0.9.0", "openebs.io/provisioner-iscsi"),
    ],
)
def test_retired_images(image: str, row: str) -> None:
    found = provisioners.retired_image(image)
    assert found is not None
    assert found.name == row


@pytest.mark.parametrize(
    "image",
    [
        "registry.k8s.io/sig-storage/snapshot-controller:v8.2.0",
        "registry.k8s.io/sig-storage/local-volume-provisioner:v2.7.0",
        "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2",
        "localhost:5000/external_storage/efs-provisioner",
        "efs-provisioner",
        "",
        "{{ .Values.image }}",
    ],
)
def test_other_images_are_not_retired(image: str) -> None:
    assert provisioners.retired_image(image) is None


def test_a_name_is_a_provisioner_or_a_csi_driver() -> None:
    for row in provisioners.every():
        assert csi_drivers.find(row.name) is None, row.name


# CSI drivers


def test_csi_drivers_are_found_by_name_and_pattern() -> None:
    exact = csi_drivers.find("rbd.csi.ceph.com")
    prefixed = csi_drivers.find("openshift-storage.rbd.csi.ceph.com")
    assert exact is not None
    assert exact.modes == ("Persistent",)
    assert prefixed is not None
    assert prefixed.modes == ()
    assert csi_drivers.find("RBD.csi.ceph.com") is None
    assert csi_drivers.find("example.com/csi") is None


def test_a_renamed_driver_leads_to_one_that_is_not() -> None:
    renamed = [row for row in csi_drivers.every() if row.renamed_to]
    assert renamed
    for row in renamed:
        target = csi_drivers.find(row.renamed_to)
        assert target is not None, row.name
        assert row.retired
        assert not target.renamed_to, row.name


def test_retired_csi_drivers() -> None:
    for name in ("csi-rbdplugin", "pure-csi", "org.gluster.glusterfs", "csi-dysk"):
        known = csi_drivers.find(name)
        assert known is not None
        assert known.retired
        assert known.renamed_to or known.advice
    for name in ("ebs.csi.aws.com", "nfs.csi.k8s.io", "csi.alluxio.com", "kadalu"):
        known = csi_drivers.find(name)
        assert known is not None
        assert not known.retired


def test_successors_are_known_drivers_in_use() -> None:
    named = [(plugin.field, s.driver) for plugin in PLUGINS.values() for s in plugin.successors]
    named += [(row.id, s.driver) for row in flexvolume_drivers.every() for s in row.successors]
    named += [(row.name, s.provisioner) for row in provisioners.every() for s in row.successors]
    for owner, name in named:
        driver, other = csi_drivers.find(name), provisioners.find(name)
        assert driver is not None or other is not None, (owner, name)
        assert driver is None or not driver.retired, (owner, name)
        assert other is None or not other.retired, (owner, name)


# APIs


def test_api_dates_are_in_order() -> None:
    for key in api_lifecycle.kinds():
        api = api_lifecycle.find(*key)
        assert api is not None
        assert api.replacement != api.api_version
        assert api_lifecycle.find(api.replacement, api.replacement_kind or api.kind) is None, key
        assert api.drop_in == (not api.breaking_changes), key
        if api.scheme == api_lifecycle.KUBERNETES:
            assert api.introduced is not None
            assert api.deprecated is not None
            assert api.removed is not None
            assert api.introduced < api.deprecated <= api.removed, key
        else:
            assert api.deprecated_release or api.removed_release, key


def test_removed_apis_are_missing_from_the_schemas_of_that_version() -> None:
    compared = 0
    for api_version, kind in api_lifecycle.kinds():
        api = api_lifecycle.find(api_version, kind)
        if api is None or api.removed is None or api.removed <= (1, 25):
            continue
        file = f"{kind.lower()}-storage-{api_version.rpartition('/')[2]}.json"
        major, minor = api.removed
        assert (schemas((major, minor - 1)) / file).exists(), api
        assert not (schemas(api.removed) / file).exists(), api
        compared += 1
    assert compared >= 3


def test_current_apis_are_unknown_here() -> None:
    for api_version, kind in (
        ("storage.k8s.io/v1", "StorageClass"),
        ("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
        ("groupsnapshot.storage.k8s.io/v1beta2", "VolumeGroupSnapshot"),
        ("storage.k8s.io/v1beta1", "storageclass"),
        ("v1", "PersistentVolume"),
    ):
        assert api_lifecycle.find(api_version, kind) is None


# Markers


def test_marker_dates_are_in_order() -> None:
    for table in MARKERS:
        for key, marker in table.items():
            assert key == marker.key
            if marker.deprecated is not None and marker.removed is not None:
                assert marker.deprecated <= marker.removed
            if marker.status == markers.DEPRECATED:
                assert marker.replacement, key


def test_deprecated_annotations_and_labels() -> None:
    storage_class = markers.ANNOTATIONS["volume.beta.kubernetes.io/storage-class"]
    assert storage_class.status == markers.DEPRECATED
    assert set(storage_class.kinds) == {"PersistentVolumeClaim", "PersistentVolume"}
    assert markers.ANNOTATIONS["volume.alpha.kubernetes.io/node-affinity"].status == markers.DEAD
    assert markers.ANNOTATIONS["pv.kubernetes.io/bind-completed"].status == markers.CONTROLLER_OWNED
    assert set(markers.LABELS) == {"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region"}


@pytest.mark.parametrize(
    ("key", "provisioner", "replacement"),
    [
        ("zone", "kubernetes.io/gce-pd", "allowedTopologies"),
        ("Zones", "kubernetes.io/aws-ebs", "allowedTopologies"),
        ("fsType", "ebs.csi.aws.com", "csi.storage.k8s.io/fstype"),
        ("csiNodeStageSecretName", "rbd.csi.ceph.com", "csi.storage.k8s.io/node-stage-secret-name"),
        ("csi.storage.k8s.io/node-stage-secret", "rbd.csi.ceph.com", ""),
    ],
)
def test_deprecated_parameters(key: str, provisioner: str, replacement: str) -> None:
    marker = markers.parameter(key, provisioner)
    assert marker is not None
    assert marker.replacement == replacement


@pytest.mark.parametrize(
    ("key", "provisioner"),
    [
        ("zone", "kubernetes.io/cinder"),
        ("zone", "ebs.csi.aws.com"),
        ("fsType", "ceph.com/rbd"),
        ("fstype", "kubernetes.io/aws-ebs"),
        ("fsType", "driver.longhorn.io"),
        ("csi.storage.k8s.io/fstype", "ebs.csi.aws.com"),
        ("csi.storage.k8s.io/csi-driver-name", "everest-csi-provisioner"),
        ("csi.storage.k8s.io/anything", "unknown.example.com"),
        ("csinodestagesecretname", "rbd.csi.ceph.com"),
    ],
)
def test_other_parameters_are_fine(key: str, provisioner: str) -> None:
    assert markers.parameter(key, provisioner) is None


# Platforms


def test_every_class_is_of_a_known_platform() -> None:
    known = platform_classes.platforms()
    assert {row["platform"] for row in load("platform_classes")["classes"]} <= set(known)
    for platform in known.values():
        assert set(platform.variants) <= set(known)
        assert platform_classes.classes([platform.name]) or platform_classes.provisioners([platform.name])


def test_addons_combine_with_platforms() -> None:
    rows = platform_classes.classes(["eks", "rook", "longhorn"])
    assert {"gp2", "rook-ceph-block", "longhorn"} <= {row.name for row in rows}
    assert platform_classes.defaults(["eks", "rook", "longhorn"]) == {"longhorn": "longhorn"}
    assert "ebs.csi.aws.com" in platform_classes.provisioners(["eks"])
    assert platform_classes.classes(["nowhere"]) == ()


def test_openshift_is_the_union_of_its_variants() -> None:
    names = {row.name for row in platform_classes.classes(["openshift"])}
    assert {"gp3-csi", "managed-csi", "thin-csi", "standard-csi"} <= names
    assert platform_classes.defaults(["openshift"]) == {}
    assert len(platform_classes.classes(["openshift", "openshift-aws"])) == len(platform_classes.classes(["openshift"]))


def test_eks_has_no_default_class_any_more() -> None:
    (gp2,) = platform_classes.classes(["eks"])
    assert not gp2.default
    assert gp2.default_before == (1, 30)


def test_the_same_name_on_several_platforms() -> None:
    assert {"gke", "kind", "minikube"} <= set(platform_classes.shipped()["standard"])


def test_provisioners_of_platforms_are_known() -> None:
    for name in platform_classes.provisioners(platform_classes.platforms()):
        known = volume_plugins.by_provisioner(name) or csi_drivers.find(name) or provisioners.find(name)
        assert known is not None, name


# Access modes


def test_access_modes_cover_the_sources_of_persistent_volumes() -> None:
    listed = {row["name"] for row in load("access_modes")["sources"]}
    assert listed == {plugin.field for plugin in PLUGINS.values() if plugin.in_pv} - {"csi"}
    for row in load("access_modes")["drivers"]:
        assert csi_drivers.find(row["name"]) or provisioners.find(row["name"]), row["name"]


def test_access_modes_depend_on_the_volume_mode() -> None:
    ebs = access_modes.of_driver("ebs.csi.aws.com")
    assert ebs is not None
    assert [mode.mode for mode in ebs.of("Filesystem")] == ["ReadWriteOnce", "ReadWriteOncePod"]
    assert ("ReadWriteMany", "io2 volumes with multi-attach") in ebs.of("Block")
    nfs = access_modes.of_source("nfs")
    assert nfs is not None
    assert nfs.of("Block") == ()
    rook = access_modes.of_driver("rook-ceph.rbd.csi.ceph.com")
    assert rook is access_modes.of_driver("rbd.csi.ceph.com")
    assert access_modes.of_driver("unknown.example.com") is None
    assert access_modes.of_source("csi") is None


def test_only_csi_takes_one_pod() -> None:
    for row in load("access_modes")["sources"]:
        assert "ReadWriteOncePod" not in {mode["mode"] for mode in row["filesystem"]}


# Setup


def test_setups_are_of_drivers_and_platforms_that_are_known() -> None:
    for row in driver_setup.every():
        assert csi_drivers.find(row.name) is not None, row.name
        assert bool(row.snapshot) != bool(row.backup), row.name
        assert {addon.platform for addon in row.addons} <= set(platform_classes.platforms()), row.name


def test_a_setup_is_found_by_name_with_a_namespace_in_front_or_as_the_page_of_the_project() -> None:
    rbd = driver_setup.find("rbd.csi.ceph.com")
    assert driver_setup.find("rook-ceph.rbd.csi.ceph.com") == rbd
    assert driver_setup.find("driver.longhorn.io").install == "https://github.com/longhorn/longhorn"
    assert driver_setup.find("nobody.example.com") == driver_setup.DriverSetup("nobody.example.com", "", (), "", "")


# Cost


# Where drivers read Secrets


def test_secrets_are_found_by_driver_or_provisioner() -> None:
    smb = secret_references.find("smb.csi.k8s.io")
    assert smb is not None
    assert (smb.key("Password2"), smb.key("user"), smb.key("vers")) == ("password", "username", "")
    rook = secret_references.find("other-namespace.rbd.csi.ceph.com")
    assert rook == secret_references.find("rbd.csi.ceph.com")
    assert secret_references.find("ebs.csi.aws.com") is None


def test_a_row_says_where_a_secret_is_named_or_what_to_do_instead() -> None:
    names = [name for row in secret_references.every() for name in row.names]
    assert len(names) == len(set(names))
    for row in secret_references.every():
        assert bool(row.keys) == (not row.advice), row.names
        assert not row.keys or row.volume or row.inline or row.roles or row.settings, row.names
        assert set(row.needs) <= {*row.keys, "endpoint"}, row.names
        listed = [name for names in row.keys.values() for name in names]
        assert len(listed) == len(set(listed)), row.names


def test_every_attribute_with_a_literal_has_a_place_in_a_secret() -> None:
    for driver in csi_drivers.every():
        row = secret_references.find(driver.name)
        if driver.credential_attributes:
            assert row is not None, driver.name
            assert row.advice or all(map(row.key, driver.credential_attributes)), driver.name


def test_tables_are_read_when_they_are_needed() -> None:
    modules = ", ".join(TABLES)
    code = (
        f"import sys, re, typing\nbefore = set(sys.modules)\nfrom kvlint.knowledge import {modules}\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('kvlint.knowledge')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = run.stdout.split()
    assert set(loaded) <= {
        "__future__",
        "kvlint",
        "kvlint.record",
        "kvlint._generated",
        "kvlint._generated.markers",
        "kvlint._generated.versions",
        "kvlint._generated.volume_plugins",
    }
