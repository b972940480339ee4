-- The question before every request, for HAProxy; loaded by haproxy.cfg, which says what else it takes.
--
-- `http-request lua.gatehouse 127.0.0.1:8002` shows the request, never its body, to the edge at that
-- address. After 2xx the identity headers stand in the request and `txn.gatehouse` is "allowed". Any
-- other answer goes to the browser as the edge said it. HAProxy goes on after an error in Lua, so
-- the rule that follows in haproxy.cfg must refuse whatever is not "allowed".

local TIMEOUT_MS = 1000 -- HAProxy asks up to four times

-- What the edge judges by, as the browser sent it.
local SHOWN = {
	"accept", "accept-language", "access-control-request-method", "authorization", "cookie", "origin",
	"sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "user-agent",
	"x-gatehouse-client-certificate", -- made by haproxy.cfg
}
local IDENTITY = {
	"x-gatehouse-account", "x-gatehouse-user", "x-gatehouse-name", "x-gatehouse-email",
	"x-gatehouse-roles", "x-gatehouse-provider", "x-gatehouse-session-started", "x-gatehouse-assertion",
}

-- HAProxy counts values from 0, its HTTP client from 1.
local function listed(values)
	local list, at = {}, 0
	while values and values[at] do
		list[at + 1] = values[at]
		at = at + 1
	end
	return list
end

local function refused(txn, status, headers, body)
	local reply = txn:reply({ status = status })
	for name, values in pairs(headers) do
		for _, value in ipairs(listed(values)) do
			reply:add_header(name, value)
		end
	end
	reply:set_body(body)
	txn:done(reply)
end

local AWAY = "Sign-in is away for a moment. You have not been signed out.\n"
local AWAY_HEADERS = {
	["content-type"] = { [0] = "text/plain" },
	["retry-after"] = { [0] = "5" },
	["cache-control"] = { [0] = "no-store" },
}

core.register_action("gatehouse", { "http-req" }, function(txn, edge)
	local sent = txn.http:req_get_headers()
	local shown = {
		["x-forwarded-method"] = { txn.f:method() },
		["x-forwarded-uri"] = { txn.f:pathq() },
		["x-forwarded-host"] = listed(sent["host"]),
		["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
		["x-forwarded-for"] = { txn.f:src() },
	}
	for _, name in ipairs(SHOWN) do
		if sent[name] then
			shown[name] = listed(sent[name])
		end
	end

	local answer = core.httpclient():get({
		url = "http://" .. edge .. "/forward-auth",
		headers = shown,
		timeout = TIMEOUT_MS,
	})
	local said = answer.headers or {}
	-- HAProxy answers for an edge that is away; the edge's own 503 says when to come back.
	if answer.status < 200 or (answer.status > 499 and not said["retry-after"]) then
		return refused(txn, 503, AWAY_HEADERS, AWAY)
	end
	if answer.status > 299 then
		return refused(txn, answer.status, said, answer.body or "")
	end
	txn.http:req_del_header("x-gatehouse-client-certificate")
	for _, name in ipairs(IDENTITY) do
		if said[name] then
			txn.http:req_set_header(name, said[name][0])
		end
	end
	txn:set_var("txn.gatehouse", "allowed")
end, 1)
