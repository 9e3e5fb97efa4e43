"""``podium dev --aws``: the whole service in one process, on an emulator of AWS.

Tables, queues and bucket are those of ``infra/data.yaml``; the handlers are those that
Lambda runs.  What Lambda and the schedules of a deployment do around them is done here:
batches of messages and of the table's stream become events, and what an answer names
as failed comes again.
"""
