wsclose 1
role server
# Beast rejects a reason that is not UTF-8 with 1002, although 1007 fits.
> close 3333 hex:ff
