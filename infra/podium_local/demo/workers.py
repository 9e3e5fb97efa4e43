"""The demo's workers, a process of their own: ``python -m podium_local.demo.workers``.

What they do is made up; how they do it is not.  They stop at SIGTERM, and when the
process that holds the other end of their standard input is no more.
"""

from __future__ import annotations

import logging
import os
import signal
import stat
import sys
import threading
import time
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any

from pydantic import BaseModel, Field

from podium_sdk import (
    PodiumClient,
    RunnerSettings,
    TaskRunner,
    TerminalError,
    WorkerTask,
    task_context,
    worker_task,
)

POLL_TIMEOUT = 1.0
"""Seconds; a held poll delays the end of the process by as much."""
GRACE = 3.0

OrderId = Annotated[str, Field(alias="orderId")]


class Item(BaseModel):
    """One line of an order."""

    sku: str
    quantity: int = Field(ge=1)
    price: Decimal


@worker_task("validate_order", poll_timeout=POLL_TIMEOUT)
def validate_order(order_id: OrderId, items: list[Item]) -> dict[str, Any]:
    """Refuse an empty order for good, and add up any other."""
    time.sleep(0.2)
    if not items:
        raise TerminalError(f"{order_id} has no items")
    total = sum((item.quantity * item.price for item in items), Decimal())
    task_context().log(f"{order_id}: {len(items)} items for {total} EUR")
    return {"total": total}


@worker_task("charge_payment", poll_timeout=POLL_TIMEOUT)
def charge_payment(order_id: OrderId, customer: str, amount: Decimal) -> dict[str, Any]:
    """Charge the order once, however often it is asked to: the id is the order's."""
    time.sleep(0.9)
    task_context().log(f"charged {customer} {amount} EUR")
    return {"paymentId": f"pay-{_digits(order_id)}", "amount": amount}


@worker_task("reserve_item", concurrency=4, poll_timeout=POLL_TIMEOUT)
def reserve_item(sku: str, quantity: int) -> dict[str, Any]:
    """Take some of an item off the shelf."""
    time.sleep(0.3 + 0.1 * quantity)
    return {"sku": sku, "quantity": quantity, "shelf": f"A-{int(_digits(sku)) % 40}"}


@worker_task("pack_express", poll_timeout=POLL_TIMEOUT)
def pack_express(items: list[Item]) -> dict[str, Any]:
    """Pack at once."""
    time.sleep(0.2)
    return {"parcels": 1, "pieces": sum(item.quantity for item in items)}


@worker_task("pack_standard", poll_timeout=POLL_TIMEOUT)
def pack_standard(items: list[Item]) -> dict[str, Any]:
    """Pack when the express parcels are done."""
    time.sleep(0.6)
    return {"parcels": 1, "pieces": sum(item.quantity for item in items)}


@worker_task("book_courier", poll_timeout=POLL_TIMEOUT)
def book_courier(
    order_id: OrderId, shipping_method: Annotated[str, Field(alias="shippingMethod")]
) -> dict[str, Any]:
    """Book a courier, who as so often does not answer the first call."""
    time.sleep(0.2)
    context = task_context()
    if context.attempt == 1:
        raise ConnectionError("the courier does not answer")
    context.log(f"booked at attempt {context.attempt}")
    courier = "Swift Express" if shipping_method == "express" else "Steady Parcel"
    return {"courier": courier, "trackingNumber": f"TRK-{_digits(order_id)}"}


@worker_task("print_label", poll_timeout=POLL_TIMEOUT)
def print_label(
    courier: str, tracking_number: Annotated[str, Field(alias="trackingNumber")]
) -> dict[str, Any]:
    """Print the label."""
    time.sleep(0.2)
    return {"label": f"{courier} {tracking_number}"}


def _digits(text: str) -> str:
    """Return six digits that are the same for the same text."""
    return f"{int(sha256(text.encode()).hexdigest(), 16) % 1_000_000:06}"


WORKERS: tuple[WorkerTask[..., Any], ...] = (
    validate_order,
    charge_payment,
    reserve_item,
    pack_express,
    pack_standard,
    book_courier,
    print_label,
)


def main() -> None:
    """Execute tasks for the server whose URL is the first argument."""
    logging.basicConfig(level=logging.WARNING, format="workers: %(message)s")
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    with PodiumClient(sys.argv[1]) as client:
        TaskRunner(client, WORKERS, RunnerSettings(grace=GRACE)).run()


def _end_with_parent() -> None:
    """Wait for the end of the standard input, which is the end of the parent."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
