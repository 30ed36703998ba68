"""What strangers wrote does not reach the log by way of an error."""

import io
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from monitor import fittings
from monitor.errors import StoreError
from monitor.store import Store

PRIVATE = "打我电话13812345678"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_an_error_of_the_store_does_not_quote_what_was_to_be_stored(store: Store) -> None:
    def broken(connection: Connection) -> None:
        connection.execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": PRIVATE})

    for act in (store._db.read, lambda work: store._db.write("ingest", work)):
        with pytest.raises((SQLAlchemyError, StoreError)) as caught:
            act(broken)
        assert PRIVATE not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_defect_is_logged_without_the_text_that_it_stumbled_over(style: str) -> None:
    told = io.StringIO()
    fittings.log_to(style, told)

    def stumbles(said: str) -> None:
        raise LookupError(len(said))

    try:
        stumbles(PRIVATE)
    except LookupError:
        structlog.get_logger().exception("a channel failed in an unexpected way")
    assert "stumbles" in told.getvalue()
    assert PRIVATE not in told.getvalue()
