"""Asynchronous I/O: transports, connecting, and a file for each verb."""
