"""A made-up telecom operator for `relance demo`: who its customers are, what they are billed and how they pay.

Pure and seeded: the same plan gives the same files, byte for byte. Nobody in it exists: e-mail addresses end in
`.test`, phone numbers come from the ranges kept free for fiction, and company and bank numbers are of no real holder.
"""
