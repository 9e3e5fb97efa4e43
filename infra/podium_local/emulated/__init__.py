"""``make deploy-local``: the built template on an AWS that is emulated on this machine.

MiniStack runs what ``template.yaml`` declares, without Docker and with IAM enforced:
the functions in processes of their own, behind its API Gateway, queues, streams and
schedules.  An emulator that is there already, such as LocalStack, is used instead where
``AWS_ENDPOINT_URL`` names it.  What it does otherwise than AWS, and what is mended
after a deployment because of it, is in docs/emulated-deployment.md.
"""
