"""Where the derivatives stand in books and papers, for the table of rules."""


def link(text: str, address: str) -> str:
    """Return a link in HTML."""
    return f"<a href='https://{address}'>{text}</a>"


def handbook(section: str) -> str:
    """Return a section of the Digital Library of Mathematical Functions."""
    return link(f"DLMF {section}", f"dlmf.nist.gov/{section}")


def textbook(section: str) -> str:
    """Return a section of a textbook on networks."""
    address = "www.deeplearningbook.org/contents/mlp.html"
    return link(f"Goodfellow, Bengio, Courville, {section}", address)


# a source, and the operations whose derivative, or the way to compute it, is found there
SOURCES = {
    handbook("4.7"): "exp exp2 expm1 log log2 log10 log1p power",
    handbook("4.20"): "sin cos tan",
    handbook("4.24"): "arcsin arccos arctan",
    handbook("4.34"): "sinh cosh tanh",
    handbook("4.38"): "arcsinh arccosh arctanh",
    handbook("5.2"): "gamma gammaln rgamma",
    handbook("5.12"): "beta betaln",
    handbook("5.15"): "digamma polygamma",
    handbook("6.2"): "exp1 expi",
    handbook("7.10"): "erf erfc erfcx erfinv erfcinv dawsn ndtr ndtri log_ndtr normal_ratio",
    handbook("8.8"): "gammainc gammaincc",
    handbook("10.6"): "j0 j1 jv y0 y1 yn yv",
    handbook("10.29"): "i0 i0e i1 i1e iv ive special.i0 special.i1",
    "Giles, Collected matrix derivative results (2008)": (
        "matmul inv det cofactor slogdet solve solve_banded solve_sylvester solve_triangular eigh "
        "sqrtm svd norm"
    ),
    link("Murray (2016)", "arxiv.org/abs/1602.07527"): "cholesky",
    link("Walter, Lehmann (2010)", "arxiv.org/abs/1001.1654"): "qr",
    link("Golub, Pereyra (1973)", "doi.org/10.1137/0710036"): "pinv",
    link("Najfeld, Havel (1995)", "doi.org/10.1006/aama.1995.1017"): "expm",
    link("Chen, Rubanova, Bettencourt, Duvenaud (2018)", "arxiv.org/abs/1806.07366"): "odeint",
    link("Blanchard, Higham, Higham (2021)", "doi.org/10.1093/imanum/draa038"): (
        "logsumexp softmax log_softmax logaddexp logaddexp2"
    ),
    textbook("6.2.2"): "sigmoid softplus expit log_expit logit softmax_cross_entropy "
    "sigmoid_cross_entropy",
    textbook("6.3"): "relu leaky_relu",
    textbook("6.5"): "linear squared_error",
}


def by_operation() -> dict[str, str]:
    """Return {operation: source in HTML}."""
    return {name: source for source, names in SOURCES.items() for name in names.split()}
