"""When things are done, and in what order.

Here: jobs and their states, the queue, the store, and one job as a generator of events.
"""
