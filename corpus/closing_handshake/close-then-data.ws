wsclose 1
role server
# The endpoint discards a message that follows the Close in the same segment.
> close 3333
> text "late" glue
> fin
