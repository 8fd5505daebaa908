wsclose 1
role client
# A surrogate is not UTF-8, to a client.
> close 3333 hex:eda080
wait 2
> fin
