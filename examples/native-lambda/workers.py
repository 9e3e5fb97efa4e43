"""A Lambda that SQS calls for every ``charge_card`` task."""

from podium_sdk import InProgress, TerminalError, task_context, worker_task
from podium_sdk.native import lambda_worker


@worker_task("charge_card", concurrency=10)
def charge_card(order_id: str, amount: float, currency: str = "EUR") -> dict[str, str]:
    """Charge an order, by the input's fields of these names."""
    task_context().log(f"charging {amount} {currency} for {order_id}")
    if amount <= 0:
        raise TerminalError(f"nothing to charge: {amount}")
    if amount > 10_000 and not task_context().task.output_data:
        raise InProgress(60, {"asked": "the bank"})
    return {"receipt": f"{order_id}/{task_context().attempt}"}


handler = lambda_worker(charge_card)
