"""What is counted in the store rather than as it happens: what waits, what is followed, what is open."""

from collections import Counter

import orjson
from sqlalchemy import Connection, bindparam, distinct, func, select

from monitor.model import AWAKE, IncidentState, Severity
from monitor.ports import Counted
from monitor.store import schema
from monitor.store.part import Part

_mention, _incident = schema.mention, schema.incident
_PENDING = select(func.count()).select_from(_mention).where(_mention.c.state == "pending")
_TRACKED = select(func.count(distinct(_mention.c.post_id))).where(_mention.c.next_look_at.is_not(None))
_OPEN = select(_incident.c.brand, _incident.c.state, _incident.c.severity, _incident.c.forecast).where(
    _incident.c.state.in_(bindparam("awake", [state.value for state in AWAKE], expanding=True))
)
_REPOSTS = "reposts"


class CountingPart(Part):
    """`monitor.ports.Counting`."""

    def counted(self) -> Counted:
        def find(connection: Connection) -> Counted:
            states: Counter[tuple[IncidentState, Severity]] = Counter()
            brands: Counter[str] = Counter()
            reposts: Counter[str] = Counter()
            expected: Counter[str] = Counter()
            for brand, state, severity, forecast in connection.execute(_OPEN):
                states[IncidentState(state), Severity(severity)] += 1
                brands[brand] += 1
                said = {} if forecast is None else orjson.loads(forecast)
                if said.get("unit") == _REPOSTS:
                    reposts[brand] += said["now"]
                    expected[brand] += round(said["median"])
            return Counted(
                pending=connection.execute(_PENDING).scalar_one(),
                tracked=connection.execute(_TRACKED).scalar_one(),
                states=states,
                brands=brands,
                reposts=reposts,
                expected=expected,
            )

        return self._db.read(find)
