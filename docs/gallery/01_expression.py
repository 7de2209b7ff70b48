"""An expression and its gradients.

Each card is a number: what was computed, and how much the result changes when it does. Blue is a
positive gradient, orange a negative one; the deeper, the larger.
"""

from autograd import Value, draw

a = Value(2.0, label="a")
b = Value(-3.0, label="b")
c = Value(10.0, label="c")
loss = (a * b + c).tanh() ** 2 + a
loss.label = "loss"
loss.backward()
picture = draw(loss)
