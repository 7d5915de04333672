"""RabbitMQ, by aio-pika. Its defaults lose messages; what is done against each stands where it is done."""

from okevents.brokers.rabbitmq.broker import RabbitmqBroker

__all__ = ["RabbitmqBroker"]
