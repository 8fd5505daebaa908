wsclose 1
role server
# A Ping follows the Close in the same segment.
> close 3333
> ping "p" glue
> fin
