wsclose 1
role client
# The application is told of the last Close that came, not of the first, which had no code.
> close
> close 3333 "second"
> fin
