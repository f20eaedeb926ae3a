BEGIN TRANSACTION;
CREATE TABLE analyses (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        photo_id INTEGER REFERENCES photos,
        advisor TEXT NOT NULL,
        model TEXT NOT NULL,
        rubric TEXT NOT NULL,
        question TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        finish_reason TEXT NOT NULL,
        overall_score REAL,
        created TEXT NOT NULL
    );
INSERT INTO "analyses" VALUES(1,1,'mentor','mini','technical','','ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','stop',8.0,'2026-08-01T11:00:00.000000+00:00');
INSERT INTO "analyses" VALUES(2,2,'mentor','mini','technical','','ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','cancelled',NULL,'2026-08-01T12:00:00.000000+00:00');
INSERT INTO "analyses" VALUES(3,NULL,'mentor','mini','technical','What is depth of field?','ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','stop',NULL,'2026-08-01T13:00:00.000000+00:00');
CREATE TABLE batches (id TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL);
INSERT INTO "batches" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','Iceland','2026-08-01T09:00:00.000000+00:00');
CREATE TABLE documents (
        analysis_id INTEGER PRIMARY KEY REFERENCES analyses ON DELETE CASCADE,
        json TEXT NOT NULL
    );
INSERT INTO "documents" VALUES(1,'{"schema":"mondrian.analysis/1","photo":{"path":"/photos/wren.jpg","content_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":[60,40],"exif":{"camera":"Nikon Z 8","lens":"Nikkor Z 180-600mm","focal_length_mm":null,"aperture_f":null,"shutter_s":null,"iso":null,"focal_length_35mm":null,"exposure_compensation_ev":null,"metering":null,"flash":null,"white_balance":null,"exposure_program":null,"taken":"2026-07-01T06:00:00","orientation":1,"software":null,"rating":null,"keywords":[],"title":null,"caption":null,"has_location":false}},"advisor":"mentor","rubric":"technical","model":"mini","question":"","critique":{"image_description":"A wren sings on a wet branch.","dimensions":[{"name":"Exposure","score":8,"comment":"Exposure is fine.","recommendation":"Keep it."},{"name":"Contrast","score":8,"comment":"Contrast is fine.","recommendation":"Keep it."},{"name":"Highlights & Shadows","score":8,"comment":"Highlights & Shadows is fine.","recommendation":"Keep it."},{"name":"Color Balance","score":8,"comment":"Color Balance is fine.","recommendation":"Keep it."},{"name":"Saturation","score":8,"comment":"Saturation is fine.","recommendation":"Keep it."},{"name":"Sharpness","score":8,"comment":"Sharpness is fine.","recommendation":"Keep it."},{"name":"Noise","score":8,"comment":"Noise is fine.","recommendation":"Keep it."},{"name":"Placement","score":8,"comment":"Placement is fine.","recommendation":"Keep it."}],"overall_score":8.0,"key_strengths":["Calm water"],"priority_improvements":["Level the horizon"],"technical_notes":"Sharp where it matters."},"facts":{"histogram_luma":[],"histogram_red":[],"histogram_green":[],"histogram_blue":[],"mean_luminance":0.0,"median_luminance":0.0,"luminance_percentiles":[],"mean_lightness":0.0,"highlights_clipped":0.0,"highlights_clipped_rgb":[0.0,0.0,0.0],"white_clipped":0.0,"shadows_clipped":0.0,"shadows_clipped_rgb":[0.0,0.0,0.0],"black_clipped":0.0,"tonal_range_stops":0.0,"rms_contrast":0.0,"cast_a":0.0,"cast_b":0.0,"cast_ratio":0.0,"colorfulness":0.0,"saturation":0.0,"edge_blur_px":null,"sharpness":null,"sharp_fraction":null,"sharpest_x":null,"sharpest_y":null,"noise_sigma":null,"detail_scale":1.0,"palette":[],"tilt_deg":null,"tilt_confidence":0.0,"weight_x":0.5,"weight_y":0.5,"balance_left_right":0.0,"balance_top_bottom":0.0,"salient_x":null,"salient_y":null,"salient_box":null,"salient_share":0.0,"thirds_distance":null},"generation":{"prompt_tokens":0,"generation_tokens":0,"prompt_tps":0.0,"generation_tps":0.0,"time_to_first_token_s":0.0,"finish_reason":"stop","peak_memory_bytes":0,"analysis_size":null},"raw_text":"{\"image_description\": \"A wren sings on a wet branch.\", \"dimensions\": [{\"name\": \"Exposure\", \"score\": 8, \"comment\": \"Exposure is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Contrast\", \"score\": 8, \"comment\": \"Contrast is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Highlights & Shadows\", \"score\": 8, \"comment\": \"Highlights & Shadows is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Color Balance\", \"score\": 8, \"comment\": \"Color Balance is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Saturation\", \"score\": 8, \"comment\": \"Saturation is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Sharpness\", \"score\": 8, \"comment\": \"Sharpness is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Noise\", \"score\": 8, \"comment\": \"Noise is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Placement\", \"score\": 8, \"comment\": \"Placement is fine.\", \"recommendation\": \"Keep it.\"}], \"key_strengths\": [\"Calm water\"], \"priority_improvements\": [\"Level the horizon\"], \"technical_notes\": \"Sharp where it matters.\"}","thinking":"","conversation":[{"question":"Why 8?","answer":"The light.","finish_reason":"stop"}],"created":"2026-08-01T11:00:00+00:00"}');
INSERT INTO "documents" VALUES(2,'{"schema":"mondrian.analysis/1","photo":{"path":"/photos/harbor at dusk.jpg","content_hash":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","size":[60,40],"exif":{"camera":"Fujifilm X-T5","lens":null,"focal_length_mm":null,"aperture_f":null,"shutter_s":null,"iso":null,"focal_length_35mm":null,"exposure_compensation_ev":null,"metering":null,"flash":null,"white_balance":null,"exposure_program":null,"taken":"2026-07-02T21:00:00","orientation":1,"software":null,"rating":null,"keywords":[],"title":null,"caption":null,"has_location":false}},"advisor":"mentor","rubric":"technical","model":"mini","question":"","critique":{"image_description":"A quiet harbor at dusk.","dimensions":[{"name":"Exposure","score":4,"comment":"Exposure is fine.","recommendation":"Keep it."},{"name":"Contrast","score":4,"comment":"Contrast is fine.","recommendation":"Keep it."},{"name":"Highlights & Shadows","score":4,"comment":"Highlights & Shadows is fine.","recommendation":"Keep it."}],"overall_score":null,"key_strengths":[],"priority_improvements":[],"technical_notes":""},"facts":{"histogram_luma":[],"histogram_red":[],"histogram_green":[],"histogram_blue":[],"mean_luminance":0.0,"median_luminance":0.0,"luminance_percentiles":[],"mean_lightness":0.0,"highlights_clipped":0.0,"highlights_clipped_rgb":[0.0,0.0,0.0],"white_clipped":0.0,"shadows_clipped":0.0,"shadows_clipped_rgb":[0.0,0.0,0.0],"black_clipped":0.0,"tonal_range_stops":0.0,"rms_contrast":0.0,"cast_a":0.0,"cast_b":0.0,"cast_ratio":0.0,"colorfulness":0.0,"saturation":0.0,"edge_blur_px":null,"sharpness":null,"sharp_fraction":null,"sharpest_x":null,"sharpest_y":null,"noise_sigma":null,"detail_scale":1.0,"palette":[],"tilt_deg":null,"tilt_confidence":0.0,"weight_x":0.5,"weight_y":0.5,"balance_left_right":0.0,"balance_top_bottom":0.0,"salient_x":null,"salient_y":null,"salient_box":null,"salient_share":0.0,"thirds_distance":null},"generation":{"prompt_tokens":0,"generation_tokens":0,"prompt_tps":0.0,"generation_tps":0.0,"time_to_first_token_s":0.0,"finish_reason":"cancelled","peak_memory_bytes":0,"analysis_size":null},"raw_text":"{\"image_description\": \"A quiet harbor at dusk.\", \"dimensions\": [{\"name\": \"Exposure\", \"score\": 4, \"comment\": \"Exposure is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Contrast\", \"score\": 4, \"comment\": \"Contrast is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Highlights & Shadows\", \"score\": 4, \"comment\": \"Highlights & Shadows is fine.\", \"recommendation\": \"Keep it.\"}, {\"name\": \"Color Balance\"","thinking":"","conversation":[],"created":"2026-08-01T12:00:00+00:00"}');
INSERT INTO "documents" VALUES(3,'{"schema":"mondrian.analysis/1","photo":null,"advisor":"mentor","rubric":"technical","model":"mini","question":"What is depth of field?","critique":null,"facts":null,"generation":{"prompt_tokens":0,"generation_tokens":0,"prompt_tps":0.0,"generation_tps":0.0,"time_to_first_token_s":0.0,"finish_reason":"stop","peak_memory_bytes":0,"analysis_size":null},"raw_text":"The distance between the nearest and the farthest sharp point.","thinking":"","conversation":[],"created":"2026-08-01T13:00:00+00:00"}');
CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        batch_id TEXT REFERENCES batches ON DELETE SET NULL,
        position REAL NOT NULL,
        path,
        advisor TEXT NOT NULL,
        model TEXT NOT NULL,
        question TEXT NOT NULL,
        options TEXT NOT NULL,
        again INTEGER NOT NULL,
        about INTEGER REFERENCES analyses ON DELETE CASCADE,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        tries INTEGER NOT NULL,
        session TEXT,
        created TEXT NOT NULL,
        analysis_id INTEGER REFERENCES analyses ON DELETE SET NULL
    );
INSERT INTO "jobs" VALUES('00000000000000000000000000000001','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1.0,'/photos/wren.jpg','mentor','mini','','{"update_interval_s": 5.0, "analysis_size": 1024, "max_tokens": 1500, "temperature": 0.0, "seed": 0, "stream": true}',1,NULL,'done','',0,NULL,'2026-08-01T10:01:00.000000+00:00',1);
INSERT INTO "jobs" VALUES('00000000000000000000000000000002','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',2.0,'/photos/harbor at dusk.jpg','mentor','mini','','{"update_interval_s": 5.0, "analysis_size": 1024, "max_tokens": 1500, "temperature": 0.0, "seed": 0, "stream": true}',1,NULL,'cancelled','',0,NULL,'2026-08-01T10:02:00.000000+00:00',2);
INSERT INTO "jobs" VALUES('00000000000000000000000000000003','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',3.0,'/photos/street.jpg','mentor','mini','','{"update_interval_s": 5.0, "analysis_size": 1024, "max_tokens": 1500, "temperature": 0.0, "seed": 0, "stream": true}',1,NULL,'interrupted','',0,NULL,'2026-08-01T10:03:00.000000+00:00',NULL);
INSERT INTO "jobs" VALUES('00000000000000000000000000000004',NULL,4.0,NULL,'mentor','mini','What is depth of field?','{"update_interval_s": 5.0, "analysis_size": 1024, "max_tokens": 1500, "temperature": 0.0, "seed": 0, "stream": true}',1,NULL,'done','',0,NULL,'2026-08-01T10:04:00.000000+00:00',3);
CREATE TABLE partials (job_id TEXT PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, text TEXT NOT NULL);
INSERT INTO "partials" VALUES('00000000000000000000000000000003','{"image_description": "A street');
CREATE TABLE photos (
        id INTEGER PRIMARY KEY,
        content_hash TEXT NOT NULL UNIQUE,
        path NOT NULL,
        byte_size INTEGER NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        thumbnail BLOB,
        added TEXT NOT NULL
    );
INSERT INTO "photos" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','/photos/wren.jpg',1234,60,40,X'FFD8FFE000104A46494600010100000100010000FFDB00430006040506050406060506070706080A100A0A09090A140E0F0C1017141818171416161A1D251F1A1B231C1616202C20232627292A29191F2D302D283025282928FFDB0043010707070A080A130A0A13281A161A2828282828282828282828282828282828282828282828282828282828282828282828282828282828282828282828282828FFC00011080028003C03012200021101031101FFC40014000100000000000000000000000000000000FFC40014100100000000000000000000000000000000FFC40014010100000000000000000000000000000000FFC40014110100000000000000000000000000000000FFDA000C03010002110311003F00000000000000000000000000000000000000FFD9','2026-11-22T14:43:59.989546+00:00');
INSERT INTO "photos" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','/photos/harbor at dusk.jpg',1234,60,40,X'FFD8FFE000104A46494600010100000100010000FFDB00430006040506050406060506070706080A100A0A09090A140E0F0C1017141818171416161A1D251F1A1B231C1616202C20232627292A29191F2D302D283025282928FFDB0043010707070A080A130A0A13281A161A2828282828282828282828282828282828282828282828282828282828282828282828282828282828282828282828282828FFC00011080028003C03012200021101031101FFC40014000100000000000000000000000000000000FFC40014100100000000000000000000000000000000FFC40014010100000000000000000000000000000000FFC40014110100000000000000000000000000000000FFDA000C03010002110311003F00000000000000000000000000000000000000FFD9','2026-11-22T14:44:00.003170+00:00');
CREATE INDEX analyses_of_photo ON analyses (photo_id, fingerprint);
CREATE INDEX jobs_in_order ON jobs (state, position);
CREATE INDEX jobs_of_batch ON jobs (batch_id, position);
CREATE INDEX jobs_in_hand ON jobs (session) WHERE session IS NOT NULL;
CREATE INDEX jobs_of_analysis ON jobs (analysis_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('analyses',3);
PRAGMA user_version = 1;
COMMIT;
