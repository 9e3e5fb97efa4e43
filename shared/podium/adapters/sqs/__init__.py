"""The ports that pass things on, over SQS: task queues, commands, timers."""
