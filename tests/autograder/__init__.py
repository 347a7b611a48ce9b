"""Do right answers pass, do wrong ones fail, and does nobody cheat?"""
