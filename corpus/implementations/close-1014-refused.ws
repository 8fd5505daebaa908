wsclose 1
role server
# Libraries with an older list of codes reject 1014, registered with IANA since, with 1002.
> close 1014
