"""`csi` written in a Pod, for drivers that serve PersistentVolumes only."""

from kvlint.finding import Migration
from kvlint.migrate import nfs
from kvlint.migrate.draft import Draft, manual
from kvlint.migrate.subject import Subject, required


def inline(subject: Subject) -> Migration:
    """A Pod's CSI volume: claimed where the driver takes any text as volume handle, advice otherwise."""
    if required(subject.body, "driver") == nfs.DRIVER:
        return nfs.inline_csi(subject)
    draft = Draft(
        subject, required(subject.body, "driver"), "https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/"
    )
    draft.steps += [
        "For scratch space: use `ephemeral` with a volumeClaimTemplate of the driver's class.",
        "For storage that exists: claim a PersistentVolume with its volume handle, which a Pod cannot name.",
    ]
    draft.note(
        f"A Pod can only use drivers whose CSIDriver object lists Ephemeral; {draft.driver} lists Persistent only."
    )
    return manual(draft, f"PersistentVolumeClaim for {draft.driver}")
