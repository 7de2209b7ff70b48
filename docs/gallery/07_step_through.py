"""The backward pass as a page to step through.

The arrow keys go on and back, `b` jumps to the backward pass. The page works from a file, without
a network.
"""

from autograd import Value, step_through

a = Value(0.5, label="a")
b = Value(-1.0, label="b")
c = a * b
loss = c.tanh() + a
c.label, loss.label = "c", "loss"
picture = step_through(loss)
