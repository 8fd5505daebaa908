wsclose 1
role client
# Closes have gone both ways; another with a code that is refused is answered by a Close all the same.
app close 1000
> close 3333
> close 999
> fin
