-- The question before every request, for Apache; used by apache.conf, which says how and why.
--
-- Shows the request, never its body, to the edge. After 2xx the identity headers stand in the request;
-- any other answer goes to the browser as the edge said it. An error in here is a 500 of Apache's.

local http = require("socket.http")
local ltn12 = require("ltn12")

http.TIMEOUT = 2 -- seconds, for each step of the question

-- What the edge judges by, as the browser sent it.
local SHOWN = {
	"accept", "accept-language", "access-control-request-method", "authorization", "cookie", "origin",
	"sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "user-agent",
}
local IDENTITY = {
	"X-Gatehouse-Account", "X-Gatehouse-User", "X-Gatehouse-Name", "X-Gatehouse-Email",
	"X-Gatehouse-Roles", "X-Gatehouse-Provider", "X-Gatehouse-Session-Started", "X-Gatehouse-Assertion",
}

-- Only the edge says who somebody is, only Apache from where a request came, and nobody that it was for
-- another path: what the client sent under these names goes, and so does every name that reads like
-- another one in many apps (X_Gatehouse_Account, X.Gatehouse.Account).
local FORGED = {
	"gatehouse", "[^a-z0-9-]", "^x%-forwarded%-", "^x%-original%-ur[il]$", "^x%-rewrite%-url$",
	"^x%-real%-ip$", "^forwarded$",
}

local function strip(r)
	for name in pairs(r:headers_in_table()) do
		for _, pattern in ipairs(FORGED) do
			if name:lower():find(pattern) then
				r.headers_in[name] = nil
			end
		end
	end
end

-- Ends the request. What is left of its body is not read as another request.
local function answer(r, status, headers, body)
	r.status = status
	r.content_type = headers["content-type"] or "text/plain"
	for name, value in pairs(headers) do
		r.headers_out[name] = value
	end
	r:write(body)
	return apache2.DONE
end

local function away(r)
	local headers = { ["retry-after"] = "5", ["cache-control"] = "no-store" }
	return answer(r, 503, headers, "Sign-in is away for a moment. You have not been signed out.\n")
end

function check(r)
	-- The next hop would drop what the edge says.
	if (r.headers_in["Connection"] or ""):lower():find("gatehouse", 1, true) then
		return answer(r, 400, {}, "refused\n")
	end
	strip(r)
	local edge = r.subprocess_env["GATEHOUSE_EDGE"]
	local proto = r.is_https and "https" or "http"
	local host = r.headers_in["Host"]
	r.headers_in["X-Forwarded-Proto"] = proto
	-- What Apache hands to the edge itself: signing in and out on the app's own host.
	if r.filename:find("proxy:http://" .. edge .. "/", 1, true) == 1 then
		return apache2.OK
	end

	local certificate = r:ssl_var_lookup("SSL_CLIENT_CERT") or "" -- none without TLS
	local shown = {
		["x-forwarded-method"] = r.method,
		["x-forwarded-uri"] = r.unparsed_uri,
		["x-forwarded-host"] = host,
		["x-forwarded-proto"] = proto,
		["x-forwarded-for"] = r.useragent_ip,
		["x-gatehouse-client-certificate"] = r:escape(certificate):gsub("+", "%%20"),
	}
	for _, name in ipairs(SHOWN) do
		shown[name] = r.headers_in[name]
	end
	local body = {}
	local asked, status, said = http.request({
		url = "http://" .. edge .. "/forward-auth",
		headers = shown,
		sink = ltn12.sink.table(body),
		redirect = false,
	})
	if not asked then
		return away(r)
	end
	if status < 200 or status > 299 then
		return answer(r, status, said, table.concat(body))
	end
	for _, name in ipairs(IDENTITY) do
		r.headers_in[name] = said[name:lower()]
	end
	-- Tokens of programs are for the edge: whatever bears one is not handed to the app.
	local credential = " " .. (r.headers_in["Authorization"] or "")
	if credential:find("[^%w_-]ghsa_") or credential:find("[^%w_-]ghat_") then
		r.headers_in["Authorization"] = nil
	end
	return apache2.OK
end
