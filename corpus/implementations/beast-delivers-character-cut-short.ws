wsclose 1
role server
# Beast delivers text that ends in half a character if the last fragment is empty.
> text hex:c3 fin=0
> continuation
> fin
