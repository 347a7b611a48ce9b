"""Does the laboratory agree with what others have found or built?"""
