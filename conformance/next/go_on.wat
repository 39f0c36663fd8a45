;; Does nothing at all: the exchange passes as it is.

