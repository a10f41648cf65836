module github.com/valetkey/valetkey

go 1.26
