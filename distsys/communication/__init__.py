"""Part I, Communication: mini-implementations, a module or package for each chapter."""
