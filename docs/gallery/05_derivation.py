"""The chain rule of a running network, with the shape of every factor.

`derive` runs the rules of the operations on names instead of numbers.
"""

import numpy as np

from autograd import Tensor, derive, squared_error

X = Tensor(np.ones((8, 5)), label="X")
W1 = Tensor(np.full((5, 3), 0.1), requires_grad=True, label="W1")
W2 = Tensor(np.full((3, 1), 0.2), requires_grad=True, label="W2")
Z1 = X @ W1
O1 = Z1.sigmoid()
L = squared_error(O1 @ W2, np.ones((8, 1)), scale=0.5)
Z1.label, O1.label, L.label = "Z1", "O1", "L"
picture = derive(L, W1, batch="n")
