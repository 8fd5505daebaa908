wsclose 1
role server
# 1014, registered with IANA since, is answered by 1002 where a library's list of codes is older.
> close 1014
