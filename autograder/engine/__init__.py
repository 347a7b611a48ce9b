"""The engine: from a submitted file to a verdict. See ``verdict`` for what comes out."""
