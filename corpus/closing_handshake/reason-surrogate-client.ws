wsclose 1
role client
# A client receives a surrogate, which is not valid UTF-8.
> close 3333 hex:eda080
wait 2
> fin
