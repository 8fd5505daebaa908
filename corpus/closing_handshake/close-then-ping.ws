wsclose 1
role server
# A Ping after the Close, in the same segment.
> close 3333
> ping "p" glue
> fin
