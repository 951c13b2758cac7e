"""What migrations may need that no manifest says: the keys of the configuration section `migrate:`.

The facts are in `data/inputs.yaml`. The JSON Schema of the configuration is made from this table.
"""

from kvlint._generated.inputs import INPUTS as _ROWS
from kvlint.record import NamedTuple

ALL = "all"
EACH = "each"
EITHER = "either"


class InputField(NamedTuple):
    """One key below `migrate:`.

    `name` is dotted (`ceph.cluster-id`). `scope` is ALL (one value for the run), EACH (a map from what `key` names to a
    value) or EITHER (one value, or such a map whose key `default` serves the rest). `pattern` (RE2) matches a value as
    a whole. An `optional` field changes a choice that kvlint makes without it, so it is never missing."""

    name: str
    scope: str
    key: str
    pattern: str
    optional: bool
    description: str


INPUTS: dict[str, InputField] = {row[0]: InputField(*row) for row in _ROWS}
