"""Does the laboratory do what it says?"""
