"""x"""
CASES=[]
ENGINES={}
