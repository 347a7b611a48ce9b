"""Is the tree in order: links, pins, names, secrets, products?"""
