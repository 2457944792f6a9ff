"""What a registry's server is asked beside its files: requests, and what their answers mean. Nothing is sent here.

Each endpoint is a pair of pure functions: `..._request` gives the request, `..._response` reads the answer. The server
reads and writes the same values, so that the two can't drift apart.
"""
