"""The desk's pages: each module shows one part of the house and hands every change to a service below."""
