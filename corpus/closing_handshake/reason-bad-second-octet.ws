wsclose 1
role server
# A character with something else in place of its second, third and fourth octet.
> close 3333 hex:61c328
wait 2
> fin
connect
> close 3333 hex:61e28228
wait 2
> fin
connect
> close 3333 hex:61f1808028
wait 2
> fin
