"""How fast is it, against its peers, in one and the same run?"""
