wsclose 1
role server
# A low surrogate, and a character that is encoded as two surrogates.
> close 3333 hex:edb080
wait 2
> fin
connect
> close 3333 hex:eda0bdedb880
wait 2
> fin
