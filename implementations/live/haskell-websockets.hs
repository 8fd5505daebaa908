{-# LANGUAGE OverloadedStrings #-}
-- Echo server on websockets.
-- Closing behavior of the program: on the text close:CODE:REASON it calls sendCloseCode with this code and reason, or
-- sendClose if CODE is empty, and ignores exceptions. It continues to read until the library throws, which it treats
-- as the end. The library replies to a Close and closes TCP.
module Main (main) where

import Control.Exception (SomeException, handle)
import Control.Monad (forever)
import qualified Data.ByteString.Lazy as B
import qualified Data.ByteString.Lazy.Char8 as C
import qualified Network.WebSockets as WS
import System.Environment (getArgs)
import System.IO (hFlush, stdout)

main :: IO ()
main = do
  [port] <- getArgs
  putStrLn "listening" >> hFlush stdout
  WS.runServer "127.0.0.1" (read port) (handle over . echo)

echo :: WS.PendingConnection -> IO ()
echo pending = do
  connection <- WS.acceptRequest pending
  forever $ do
    message <- WS.receiveDataMessage connection
    case message of
      WS.Text octets _ | Just command <- B.stripPrefix "close:" octets -> handle over (close connection command)
      _ -> handle over (WS.sendDataMessage connection message)

close :: WS.Connection -> B.ByteString -> IO ()
close connection command = case C.readInt code of
  Just (number, "") -> WS.sendCloseCode connection (fromIntegral number) (B.drop 1 reason)
  _ -> WS.sendClose connection (B.drop 1 reason)
  where
    (code, reason) = C.break (== ':') command

-- Call refused, or connection closed: the connection stays as the library left it.
over :: SomeException -> IO ()
over _ = return ()
