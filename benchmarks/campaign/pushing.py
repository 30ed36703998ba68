"""One battle of the door: a vendor pushes, something goes wrong with what it sends, and it sends again."""

from datetime import timedelta

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from benchmarks.campaign.ground import BRAND, START, Everything, Ground
from benchmarks.campaign.lanes import posts_by_key
from benchmarks.campaign.polling import Run
from monitor.doors import Door, Doors, DoorTable
from monitor.sandbox.vendor import Delivery, Vendor
from monitor.web import ingest

DOOR = "ingest"
URL = "http://127.0.0.1:9733/ingest/desk"
SECRET = "sandbox-secret-of-the-vendor"  # noqa: S105 - opens nothing but this door


async def push(ground: Ground, kind: str | None) -> Run:
    """The vendor's word for what it was told: the status of its deliveries."""
    books = ground.begin(START + timedelta(minutes=70))
    door = Door.of("desk", DoorTable.model_validate({"secret": SecretStr(SECRET), "brand": BRAND}))
    house = Starlette(
        routes=[ingest.route(Doors({"desk": door}, books.store, Everything(), ground.clock), ground.clock)]
    )
    told: list[int] = []
    vendor = Vendor(ground.stage)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(house)) as client:

        async def deliver(deliveries: list[Delivery]) -> list[int]:
            answers = [await client.post(URL, content=one.body, headers=dict(one.headers)) for one in deliveries]
            return [answer.status_code for answer in answers]

        if kind is not None:
            told = await deliver(vendor.deliveries(URL, SECRET.encode(), kind))
        ground.clock.advance(600)
        again = await deliver(vendor.deliveries(f"{URL}?again", SECRET.encode()))
    refused = {status for status in told if status != httpx.codes.ACCEPTED}
    return Run(
        tally=posts_by_key(books.posts()),
        told=tuple(str(status) for status in sorted(refused)),
        well=set(again) == {httpx.codes.ACCEPTED},
        ends=ground.clock.now(),
    )
