"""What is published of the messages, made from the code: examples, JSON Schemas, the AsyncAPI document.

No adapter is needed for it: it is the same whatever carries the messages.
"""
