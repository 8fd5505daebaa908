wsclose 1
role server
# A surrogate is not valid UTF-8.
> close 3333 hex:61eda08062
wait 2
> fin
